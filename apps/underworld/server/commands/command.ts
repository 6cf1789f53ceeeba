/** The commands of the chat: riders ask, and the world answers. */
import { type Command as CommandOf, commandMaker } from 'naru-apps-kit/server/command.js';
import type { Answer, Refusal } from '../../shared/protocol.js';
import type { Kind } from '../riders/pace.js';
import type { Rider } from '../riders/riders.js';
import type { World } from '../world.js';

/** One command. */
export type Command = CommandOf<World, Rider, Answer>;

/** Makes a command. */
export const command = commandMaker<World, Rider, Kind, Refusal>();
