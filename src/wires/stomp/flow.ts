/** What a STOMP connection needs of its transport that sessions do not. */

/** What a transport does for its connection besides sending. */
export interface Flow {
  /** Holds back what the client sends, while the application decides about what it sent before. */
  pause(): void;
  resume(): void;
  /** Says whether the client was heard since the last call, and asks it for a sign of life; where the system does not. */
  checkPeer?(): boolean;
}
