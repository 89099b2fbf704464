// Makes a failing input as short and as plain as it can be, while it still fails in the same way.

/** `fails` says whether an input still shows the finding. It is asked `maxTries` times at the most. */
export async function minimize(
  input: Uint8Array,
  fails: (input: Uint8Array) => boolean | Promise<boolean>,
  maxTries = 5_000,
): Promise<Uint8Array> {
  let best = input;
  let tries = 0;
  const attempt = async (candidate: Uint8Array): Promise<boolean> => {
    tries += 1;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.max(1, best.length >> 1); tries < maxTries; ) {
    let isShorter = false;
    for (let at = 0; at < best.length && tries < maxTries; ) {
      const shorter = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)]);
      if (await attempt(shorter)) isShorter = true;
      else at += size;
    }
    if (isShorter) continue;
    if (size === 1) break;
    size >>= 1;
  }
  for (let at = 0; at < best.length && tries < maxTries; at += 1) {
    for (const plain of [0x00, 0x61]) {
      if (best[at] === plain) break;
      const plainer = best.slice();
      plainer[at] = plain;
      if (await attempt(plainer)) break;
    }
  }
  return best;
}
