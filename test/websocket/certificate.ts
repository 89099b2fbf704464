// Makes a certificate for localhost and 127.0.0.1 that signs itself, for tests of TLS (RFC 5280, written as DER).

import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

const ecdsaWithSha256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const commonName = [0x55, 0x04, 0x03];
const basicConstraints = [0x55, 0x1d, 0x13];
const subjectAltName = [0x55, 0x1d, 0x11];

/** A new key on the curve P-256 and its certificate, valid for the names and addresses given. */
export function makeCertificate({
  names = ['localhost'],
  addresses = [[127, 0, 0, 1]],
}: {
  readonly names?: readonly string[];
  readonly addresses?: readonly (readonly number[])[];
} = {}): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(objectId(ecdsaWithSha256));
  const name = sequence(der(0x31, sequence(objectId(commonName), der(0x0c, Buffer.from('tidewire test')))));
  const alternatives = sequence(
    ...names.map((each) => der(0x82, Buffer.from(each, 'latin1'))),
    ...addresses.map((each) => der(0x87, Buffer.from(each))),
  );
  const extensions = sequence(
    sequence(
      objectId(basicConstraints),
      der(0x01, Buffer.of(0xff)),
      der(0x04, sequence(der(0x01, Buffer.of(0xff)))),
    ),
    sequence(objectId(subjectAltName), der(0x04, alternatives)),
  );
  const serial = createHash('sha256').update(spki).digest().subarray(0, 8);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    algorithm,
    name,
    sequence(generalizedTime('20200101000000Z'), generalizedTime('21200101000000Z')),
    name,
    spki,
    der(0xa3, extensions),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const certificate = sequence(toBeSigned, algorithm, der(0x03, Buffer.of(0), signature));
  return {
    cert: new X509Certificate(certificate).toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function der(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const lengthBytes =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...lengthBytes), content]);
}

function sequence(...contents: Uint8Array[]): Buffer {
  return der(0x30, ...contents);
}

function objectId(encoded: readonly number[]): Buffer {
  return der(0x06, Buffer.from(encoded));
}

function generalizedTime(text: string): Buffer {
  return der(0x18, Buffer.from(text, 'latin1'));
}
