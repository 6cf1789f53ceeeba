/** The types at the entry `naru/emitter`: checked by `npm run types`, never run. */
import { local } from '../../packages/local/src/entry/index.js';
import {
  ConfigError,
  Emitter,
  type EmitterNamespace,
  type EmitterOperator,
} from '../../packages/naru/src/entry/emitter.js';
import { has } from './equal.js';

interface ToClient {
  said: (text: string, at: number) => void;
  message: (text: string) => void;
  asked: (text: string, answer: (yes: boolean) => void) => void;
}

interface ToServers {
  refresh: (what: string) => void;
  count: (answer: (count: number) => void) => void;
}

interface StaffEvents {
  shift: (night: boolean) => void;
}

/** The types of events are those of the server. */
export async function typed(): Promise<void> {
  const emitter = new Emitter<ToClient, ToServers>(local('./data'));
  has<Promise<void>>(emitter.emit('said', 'hi', 1));
  has<EmitterOperator<ToClient>>(emitter.to('a').in(['b']).except('c').key('k').by('mina').mark('always').volatile);
  await emitter.to('lobby').send('hi');
  await emitter.serverSideEmit('refresh', 'prices');
  has<EmitterNamespace<ToClient, ToServers>>(emitter.of('/chat'));
  await emitter.of<StaffEvents>('staff').to('night').emit('shift', true);
  // @ts-expect-error an emitter gets no acknowledgements
  await emitter.emit('asked', 'yes?', () => undefined);
  // @ts-expect-error an emitter gets no acknowledgements
  await emitter.serverSideEmit('count', () => undefined);
  // @ts-expect-error the second argument is a number
  await emitter.emit('said', 'hi', 'now');
  has<Promise<void>>(emitter.close());
}

/** Without declared events, every name and argument is allowed. */
export async function loosely(): Promise<void> {
  const emitter = new Emitter(local('./data'));
  await emitter
    .to('lobby')
    .emit('anything', 1, 'two')
    .catch((error: unknown) => error instanceof ConfigError);
}
