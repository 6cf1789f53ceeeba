/** Counts what a datagram socket dropped, and why: nobody is told of it one by one. */

/** The counts; each goes up by one for a datagram that was dropped, unless it says otherwise. */
export interface UdpCounts {
  /** Datagrams that came. Not dropped. */
  received: number;
  /** Datagrams that were sent. Not dropped. */
  sent: number;
  /** Too short, too long, or of no kind. */
  malformed: number;
  /** For no session: it ended, or never was. */
  unknown: number;
  /** With a tag that is not its session's: spoofed, reflected, or damaged on the way. */
  forged: number;
  /** Older than the newest, or the same again. */
  stale: number;
  /** CONNECTs whose cookie did not prove the address. */
  unproven: number;
  /** CONNECTs that were refused, or left unanswered because too many came. */
  refused: number;
  /** Messages to clients that were left out because they are bigger than a datagram. */
  oversize: number;
  /** Not sent, because the system could not take them at once. */
  congested: number;
  /** Sessions that moved to another address. Not dropped. */
  moved: number;
}

/** Counts of zero. */
export function createCounts(): UdpCounts {
  return {
    received: 0,
    sent: 0,
    malformed: 0,
    unknown: 0,
    forged: 0,
    stale: 0,
    unproven: 0,
    refused: 0,
    oversize: 0,
    congested: 0,
    moved: 0,
  };
}
