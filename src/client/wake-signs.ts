// Signs from the browser that the connection may be dead, or the page about to go; where there is no browser, none.

interface EventSource {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
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
export function onWakeSign(handler: WakeHandler): () => void {
  const page = globalThis as EventSource & { document?: EventSource & { readonly visibilityState?: string } };
  const { document } = page;
  const listeners: readonly (readonly [EventSource | undefined, string, () => void])[] = [
    [
      document,
      'visibilitychange',
      () => {
        if (document?.visibilityState === 'visible') handler.onWake();
      },
    ],
    [page, 'online', () => handler.onWake()],
    [page, 'pagehide', () => handler.onHide()],
    [
      page,
      'pageshow',
      () => {
        handler.onShow();
        handler.onWake();
      },
    ],
  ];
  for (const [source, type, listener] of listeners) source?.addEventListener?.(type, listener);
  return () => {
    for (const [source, type, listener] of listeners) source?.removeEventListener?.(type, listener);
  };
}
