// Every class of UTF-8 sequence, well-formed and ill-formed (RFC 3629, sections 3 and 4; Unicode, table 3-7).

export interface Sequence {
  readonly name: string;
  readonly hex: string;
}

/** The first and last code points of each row of the table of well-formed sequences, and some of interest between. */
export const wellFormed: readonly Sequence[] = [
  { name: 'u+0000', hex: '00' },
  { name: 'u+007f', hex: '7f' },
  { name: 'u+0080', hex: 'c280' },
  { name: 'u+00e9', hex: 'c3a9' },
  { name: 'u+07ff', hex: 'dfbf' },
  { name: 'u+0800', hex: 'e0a080' },
  { name: 'u+0fff', hex: 'e0bfbf' },
  { name: 'u+1000', hex: 'e18080' },
  { name: 'u+20ac', hex: 'e282ac' },
  { name: 'u+cfff', hex: 'ecbfbf' },
  { name: 'u+d000', hex: 'ed8080' },
  { name: 'u+d7ff', hex: 'ed9fbf' },
  { name: 'u+e000', hex: 'ee8080' },
  { name: 'u+fdd0-noncharacter', hex: 'efb790' },
  { name: 'u+feff-byte-order-mark', hex: 'efbbbf' },
  { name: 'u+fffd', hex: 'efbfbd' },
  { name: 'u+fffe-noncharacter', hex: 'efbfbe' },
  { name: 'u+ffff-noncharacter', hex: 'efbfbf' },
  { name: 'u+10000', hex: 'f0908080' },
  { name: 'u+1f30a', hex: 'f09f8c8a' },
  { name: 'u+1ffff-noncharacter', hex: 'f09fbfbf' },
  { name: 'u+3ffff', hex: 'f0bfbfbf' },
  { name: 'u+40000', hex: 'f1808080' },
  { name: 'u+fffff', hex: 'f3bfbfbf' },
  { name: 'u+100000', hex: 'f4808080' },
  { name: 'u+10ffff', hex: 'f48fbfbf' },
];

/** Each way to be ill-formed. None of these can be saved by what follows: the last byte is already wrong. */
export const illFormed: readonly Sequence[] = [
  // Bytes that never begin a sequence.
  { name: 'continuation-80', hex: '80' },
  { name: 'continuation-bf', hex: 'bf' },
  { name: 'continuation-pair', hex: '80bf' },
  { name: 'fe', hex: 'fe' },
  { name: 'ff', hex: 'ff' },
  { name: 'fe-ff', hex: 'feff' },
  // Overlong forms.
  { name: 'overlong-c0-80', hex: 'c080' },
  { name: 'overlong-c0-af', hex: 'c0af' },
  { name: 'overlong-c1-bf', hex: 'c1bf' },
  { name: 'overlong-e0-80', hex: 'e080' },
  { name: 'overlong-e0-9f', hex: 'e09fbf' },
  { name: 'overlong-e0-80-af', hex: 'e080af' },
  { name: 'overlong-f0-80', hex: 'f080' },
  { name: 'overlong-f0-8f', hex: 'f08fbfbf' },
  { name: 'overlong-f0-80-80-af', hex: 'f08080af' },
  { name: 'overlong-f8', hex: 'f8808080af' },
  { name: 'overlong-fc', hex: 'fc80808080af' },
  // Halves of surrogate pairs.
  { name: 'surrogate-d800', hex: 'eda080' },
  { name: 'surrogate-db7f', hex: 'edadbf' },
  { name: 'surrogate-dbff', hex: 'edafbf' },
  { name: 'surrogate-dc00', hex: 'edb080' },
  { name: 'surrogate-dfff', hex: 'edbfbf' },
  { name: 'surrogate-pair', hex: 'eda080edb080' },
  // Beyond U+10FFFF.
  { name: 'beyond-f4-90', hex: 'f4908080' },
  { name: 'beyond-f4-bf', hex: 'f4bfbfbf' },
  { name: 'beyond-f5', hex: 'f5808080' },
  { name: 'beyond-f7', hex: 'f7bfbfbf' },
  { name: 'beyond-five-bytes', hex: 'fbbfbfbfbf' },
  { name: 'beyond-six-bytes', hex: 'fdbfbfbfbfbf' },
  // A sequence cut off by a byte that cannot continue it.
  { name: 'cut-c2-ascii', hex: 'c241' },
  { name: 'cut-c2-lead', hex: 'c2c2' },
  { name: 'cut-e1-ascii', hex: 'e141' },
  { name: 'cut-e1-80-ascii', hex: 'e18041' },
  { name: 'cut-e1-80-lead', hex: 'e180e1' },
  { name: 'cut-f1-ascii', hex: 'f141' },
  { name: 'cut-f1-80-ascii', hex: 'f18041' },
  { name: 'cut-f1-80-80-ascii', hex: 'f1808041' },
  { name: 'cut-f1-80-80-lead', hex: 'f18080f1' },
  { name: 'one-continuation-too-many', hex: 'c3a980' },
  { name: 'latin-1', hex: 'e9' + '20' },
];

/** Sequences whose end is missing: wrong only when the message ends. */
export const truncated: readonly Sequence[] = [
  { name: 'c2', hex: 'c2' },
  { name: 'df', hex: 'df' },
  { name: 'e0-a0', hex: 'e0a0' },
  { name: 'e1', hex: 'e1' },
  { name: 'e1-80', hex: 'e180' },
  { name: 'ef-bb', hex: 'efbb' },
  { name: 'f0-90', hex: 'f090' },
  { name: 'f0-9f-8c', hex: 'f09f8c' },
  { name: 'f1', hex: 'f1' },
  { name: 'f1-80', hex: 'f180' },
  { name: 'f1-80-80', hex: 'f18080' },
  { name: 'f4-8f-bf', hex: 'f48fbf' },
];
