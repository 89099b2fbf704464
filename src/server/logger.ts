// The port for logs: a pino logger fits it as it is.

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Used where no logger is given: errors become warnings of the process, everything else is left out. */
export const warningLogger: Logger = Object.freeze({
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields: { readonly err?: unknown }, message: string) => {
    process.emitWarning(fields.err instanceof Error ? fields.err : new Error(message, { cause: fields.err }));
  },
});
