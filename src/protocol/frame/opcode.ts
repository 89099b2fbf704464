// The opcodes of RFC 6455, section 5.2, and what class each belongs to.

export const Opcode = Object.freeze({
  Continuation: 0x0,
  Text: 0x1,
  Binary: 0x2,
  Close: 0x8,
  Ping: 0x9,
  Pong: 0xa,
} as const);

export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** 5.5. "Control frames are identified by opcodes where the most significant bit of the opcode is 1." */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

/** Opcodes 3–7 and 11–15 are reserved for frames that no agreed extension defines here. */
export function isReserved(opcode: number): boolean {
  return (opcode & 0x7) > 2;
}
