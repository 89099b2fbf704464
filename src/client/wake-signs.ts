// Signs from the browser that the connection may be dead, or the page about to go; where there is no browser, none.

interface EventSource {
  addEventListener?(type: string, listener: () => void, options: { readonly signal: AbortSignal }): void;
}

export interface WakeHandler {
  /** The page became visible, or the network returned. */
  onWake(): void;
  /** The page is hidden and may never come back: what is to outlive it is stored now. */
  onHide(): void;
  /** It did come back, as it was. */
  onShow(): void;
}

/** Returns what ends it. */
export function onWakeSign({ onWake, onHide, onShow }: WakeHandler): () => void {
  const page = globalThis as EventSource & { document?: EventSource & { readonly visibilityState?: string } };
  const { document } = page;
  const controller = new AbortController();
  const { signal } = controller;
  const onVisible = (): void => {
    if (document?.visibilityState === 'visible') onWake();
  };
  document?.addEventListener?.('visibilitychange', onVisible, { signal });
  page.addEventListener?.('online', onWake, { signal });
  page.addEventListener?.('pagehide', onHide, { signal });
  page.addEventListener?.('pageshow', onShow, { signal });
  return () => controller.abort();
}
