/** The commands of the application: who asks, and how a command is made. */
import { type Command as CommandOf, commandMaker } from 'naru-apps-kit/server/command.js';
import type { Pace } from 'naru-apps-kit/server/pace.js';
import type { Answer, Refusal } from '../../shared/protocol.js';
import type { LiveSocket } from '../live-server.js';
import type { Kind } from '../people/pace.js';
import type { Person } from '../people/people.js';
import type { World } from '../world.js';

/** The one who asks: a person, by one connection. */
export interface Asker {
  readonly person: Person;
  readonly pace: Pace<Kind>;
  readonly socket: LiveSocket;
}

/** One command. */
export type Command = CommandOf<World, Asker, Answer>;

/** Makes a command. */
export const command = commandMaker<World, Asker, Kind, Refusal>();
