/** The contract between `naru serve` and an application. */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';

/** The context that the command line passes to the app. */
export interface Context {
  readonly http?: HttpServer;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log?: (line: string) => void;
  /** The folder of the log, where the app may keep files, too. Missing with `--data memory`. */
  readonly folder?: string | undefined;
}

/** The hooks that the command line calls. */
export interface Hooks {
  request(request: IncomingMessage, response: ServerResponse): boolean | Promise<boolean>;
  close(): void;
}
