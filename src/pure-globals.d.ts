// The only globals a pure floor may use besides the language itself: every runtime has them.

interface String {
  isWellFormed(): boolean;
}

declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array | ArrayBuffer, options?: { stream?: boolean }): string;
}

/** Base64 of text in which each character stands for a byte. */
declare function btoa(bytes: string): string;
