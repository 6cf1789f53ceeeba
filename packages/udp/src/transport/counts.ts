/** Counts the datagrams that a socket dropped, by reason. Single drops are not reported. */

/** The counts of one socket. A field counts dropped datagrams unless its comment says otherwise. */
export class UdpCounts {
  /** All received datagrams, dropped or not. */
  received = 0;
  /** All sent datagrams. */
  sent = 0;
  /** Too short, too long, or of an unknown kind. */
  malformed = 0;
  /** For a session that has ended or never existed. */
  unknown = 0;
  /** With a tag that does not match the session: spoofed, reflected, or damaged on the way. */
  forged = 0;
  /** Older than the newest, or a duplicate. */
  stale = 0;
  /** CONNECTs and path responses that did not prove their address. */
  unproven = 0;
  /** CONNECTs that were refused, or were not answered because too many arrived. */
  refused = 0;
  /** Messages to clients that were not sent because they do not fit a datagram. */
  oversize = 0;
  /** Datagrams that were not sent because the system could not take them at once. */
  congested = 0;
  /** Sessions that moved to another address. They stay open. */
  moved = 0;
}
