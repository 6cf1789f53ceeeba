/** Lets one process at a time open an endpoint that several processes cannot share. Without other processes, every turn comes at once. */

/** An endpoint that waits for its turn. */
export interface TurnTaker {
  /** Called once, when this process has to open the endpoint: at `port`, if another process has had it there. */
  onTurn(port: number | undefined): void;
  /** Called when another process has the endpoint now. */
  onWait(): void;
}

/** The place of an endpoint in the row of the processes. */
export interface Turn {
  /** Says at which port the endpoint is open. A process that takes it over opens the same port. */
  opened(port: number): void;
  /** Lets another process open the endpoint. */
  end(): void;
}

/** Asks for the turn of an endpoint. */
export type TurnAsker = (url: string, taker: TurnTaker) => Turn;

let askOthers: TurnAsker | undefined;

/**
 * Tells this process whom to ask for turns, or that there is nobody any more. One variable serves the whole process, because the application
 * makes its server and opens its endpoints before anything else knows the server.
 */
export function setTurns(asker: TurnAsker | undefined): void {
  askOthers = asker;
}

/** Asks for the turn of the endpoint at `url`. */
export function askForTurn(url: string, taker: TurnTaker): Turn {
  if (askOthers) return askOthers(url, taker);
  taker.onTurn(undefined);
  return { opened: () => undefined, end: () => undefined };
}
