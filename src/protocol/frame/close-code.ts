// Close codes: their names, and which of them may stand in a frame (RFC 6455, section 7.4).

export const CloseCode = Object.freeze({
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** Never on the wire: the Close frame had no body. */
  NoStatus: 1005,
  /** Never on the wire: the connection ended without a Close frame. */
  Abnormal: 1006,
  InvalidPayload: 1007,
  PolicyViolation: 1008,
  MessageTooBig: 1009,
  MandatoryExtension: 1010,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
  BadGateway: 1014,
  /** Never on the wire: the TLS handshake failed. */
  TlsHandshake: 1015,
} as const);

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/**
 * Whether an endpoint may send, and so may receive, this code in a Close frame: 1000–1003 and 1007–1014 of the
 * registry, 3000–3999 (registered by libraries) and 4000–4999 (private). 1004, 1005, 1006 and 1015 are reserved.
 */
export function isSendableCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}
