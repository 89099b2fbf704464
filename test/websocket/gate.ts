// A promise that a test resolves when it wants to.

export interface Gate<T = void> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function gate<T = void>(): Gate<T> {
  let resolve: Gate<T>['resolve'] = () => undefined;
  let reject: Gate<T>['reject'] = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
