/** The servers of an entry soak, which are killed and replaced. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Asking, FromServer, HomeAddress, LoggedWord, ServerSetup, ToServer } from './messages.js';

/** The argument that makes a process a server. Its setup follows. */
export const SERVER_FLAG = '--entry-server';

interface Member {
  readonly boot: number;
  readonly child: ChildProcess;
  readonly port: number;
}

/** The servers, each at its place. */
export class Fleet {
  /** The requests that servers have told of. */
  readonly askings: Asking[] = [];
  /** When servers were killed, by their numbers. */
  readonly killedAt = new Map<number, number>();
  kills = 0;
  readonly #program: string;
  readonly #setup: Omit<ServerSetup, 'boot' | 'home'>;
  readonly #homes: readonly HomeAddress[];
  readonly #members: (Member | undefined)[] = [];
  #boots = 0;

  constructor(program: string, setup: Omit<ServerSetup, 'boot' | 'home'>, homes: readonly HomeAddress[]) {
    this.#program = program;
    this.#setup = setup;
    this.#homes = homes;
  }

  /** Starts all servers. */
  async open(): Promise<void> {
    await Promise.all(this.#homes.map((_, place) => this.#start(place)));
  }

  /** Returns a place with a server: the given one, or the next. */
  placeFor(place: number): number {
    for (let each = 0; each < this.#homes.length; each += 1) {
      const next = (place + each) % this.#homes.length;
      if (this.#members[next]) return next;
    }
    return place;
  }

  /** Returns the port of the server of a place, if there is one. */
  portOf(place: number): number | undefined {
    return this.#members[place]?.port;
  }

  /** Kills the server of a place, and starts another one after `ms` milliseconds. */
  async kill(place: number, ms: number): Promise<void> {
    const member = this.#members[place];
    if (!member) return;
    this.#members[place] = undefined;
    this.kills += 1;
    this.killedAt.set(member.boot, Date.now());
    member.child.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, ms));
    await this.#start(place);
  }

  /** Has all servers say nothing more. */
  rest(): void {
    this.#tell('rest');
  }

  /** Reads the log. */
  async readLog(): Promise<readonly LoggedWord[]> {
    const member = this.#members.find((each) => each !== undefined);
    if (!member) return [];
    const answer = new Promise<readonly LoggedWord[]>((resolve) => {
      member.child.on('message', ({ log }: FromServer) => log && resolve(log));
    });
    member.child.send('log');
    return answer;
  }

  /** Ends all servers. */
  end(): void {
    for (const member of this.#members) member?.child.kill('SIGKILL');
  }

  #tell(message: ToServer): void {
    for (const member of this.#members) member?.child.send(message);
  }

  async #start(place: number): Promise<void> {
    const home = this.#homes[place];
    if (!home) return;
    this.#boots += 1;
    const boot = this.#boots;
    const setup: ServerSetup = { ...this.#setup, boot, home };
    const child = fork(this.#program, [SERVER_FLAG, JSON.stringify(setup)], {
      execArgv: ['--enable-source-maps'],
      serialization: 'advanced',
    });
    child.on('message', ({ asking }: FromServer) => asking && this.askings.push(asking));
    const opened = new Promise<number>((resolve) => {
      child.on('message', ({ port }: FromServer) => port !== undefined && resolve(port));
    });
    const port = await Promise.race([opened, once(child, 'exit').then(() => undefined)]);
    if (port === undefined) throw new Error(`Server ${boot} has ended before it was open.`);
    this.#members[place] = { boot, child, port };
  }
}
