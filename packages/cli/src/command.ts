/** The commands of `naru`. */
import type { Erasure } from 'naru/backplane';
import type { LinksOptions } from 'naru/wire';
import type { Place } from './failure.js';

/** The command that the user gave. */
export type Command =
  | {
      readonly type: 'serve';
      readonly app: string;
      readonly host: string | undefined;
      readonly port: number;
      /** Endpoints besides the HTTP server, without duplicates. */
      readonly listen: readonly string[];
      /** The folder of the log, or `memory`; `undefined` for the folder beside the app. */
      readonly data: string | undefined;
      /** The address of the backplane, instead of a folder. */
      readonly backplane: string | undefined;
      /** The number of worker processes; `undefined` to serve in this process. */
      readonly workers: number | 'auto' | undefined;
      /** The port at which the numbers of the app can be read; `undefined` for none. */
      readonly metrics: Place | undefined;
      /** The links to servers on other machines; `undefined` for those that the app has. */
      readonly links: LinksOptions | undefined;
    }
  | PublishCommand
  | ExplainCommand
  | {
      readonly type: 'connect';
      readonly url: string;
      readonly auth: Record<string, unknown> | undefined;
      readonly transports: readonly string[] | undefined;
      /** A file with the certificates of trusted authorities. */
      readonly ca: string | undefined;
      readonly isInsecure: boolean;
      readonly showsWire: boolean;
    }
  | LogCommand
  | { readonly type: 'help' }
  | { readonly type: 'version' }
  | { readonly type: 'mistake'; readonly message: string };

/** Emits one event through a backplane. */
export interface PublishCommand {
  readonly type: 'publish';
  readonly event: string;
  readonly args: readonly unknown[];
  readonly namespace: string;
  /** The rooms; none for everybody. */
  readonly rooms: readonly string[];
  /** The person on whose behalf it is sent. */
  readonly by: string | undefined;
  /** The folder of a log, or the address of a backplane. */
  readonly home: string;
  /** Whether the servers have the namespace in their option `withoutLog`. */
  readonly isWithoutLog: boolean;
}

/** Asks running servers what became of an event for one client. */
export interface ExplainCommand {
  readonly type: 'explain';
  /** The id of the socket. */
  readonly client: string;
  /** An offset, a name or a time. */
  readonly event: string;
  /** The time from which on an event of that name is looked for. */
  readonly since: string | undefined;
  /** The folder of a log, or the address of a backplane. */
  readonly home: string;
  readonly isJson: boolean;
}

/** A command on a log. */
export type LogCommand =
  | (LogVerb<'list'> & { readonly isJson: boolean })
  | (LogVerb<'read'> & {
      readonly namespace: string;
      readonly after: string | undefined;
      readonly limit: number;
      readonly isJson: boolean;
    })
  | LogVerb<'verify'>
  | (LogVerb<'erase'> & { readonly namespace: string; readonly what: Erasure })
  | (LogVerb<'copy'> & { readonly target: string })
  | (LogVerb<'compact'> & { readonly ageMs: number | undefined; readonly bytes: number | undefined });

interface LogVerb<Verb> {
  readonly type: 'log';
  readonly verb: Verb;
  /** The folder of a log, or the address of a backplane. */
  readonly home: string;
}
