/** Bounds and times of presence. */
export interface PresenceSettings {
  /** Milliseconds for which who lost the connection still counts as here. */
  readonly graceMs: number;
  /** Milliseconds after which a process that gives no sign counts as gone, and all who were connected to it. */
  readonly leaseMs: number;
  /** Milliseconds between two looks at what other processes have changed. */
  readonly pollMs: number;
  /** Connections that may be present in a room. */
  readonly connectionsMax: number;
  /** Members that are listed at once, unless the application asks for more. */
  readonly membersMax: number;
  /** Bytes of the JSON of a state. */
  readonly stateBytesMax: number;
}
