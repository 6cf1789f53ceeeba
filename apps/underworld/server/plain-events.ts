/** The events of plain wires. They carry words for people and scripts, while pages get data. */
import type { Refusal, RideEnd } from '../shared/protocol.js';

/**
 * Events to plain wires. The name of a station is the one by which the listener entered it. People's names are in the
 * language of that name.
 */
export interface ToPlain {
  /** The listener's own name. */
  welcome: (name: string) => void;
  /** The stations, with the number of people in each. */
  stations: (here: Readonly<Record<string, number>>) => void;
  hint: (text: string) => void;
  /** The listener is in a station; `names` has everybody there, `you` included. */
  entered: (station: string, names: readonly string[], you: string) => void;
  here: (station: string, names: readonly string[]) => void;
  /** A message that was said before the listener came. */
  earlier: (station: string, name: string, text: string) => void;
  said: (station: string, name: string, text: string) => void;
  /** A picture was shown; the listener gets its description. */
  picture: (station: string, name: string, description: string) => void;
  arrived: (station: string, name: string, here: number) => void;
  departed: (station: string, name: string, here: number) => void;
  renamed: (station: string, before: string, now: string) => void;
  'ride:wait': () => void;
  'ride:began': (name: string) => void;
  'ride:said': (name: string, text: string) => void;
  'ride:picture': (name: string, description: string) => void;
  'ride:signal': (name: string, signal: 'lost' | 'back') => void;
  'ride:renamed': (before: string, now: string) => void;
  'ride:over': (why: RideEnd, text: string) => void;
  /** A request was refused. */
  refused: (why: Refusal, text: string) => void;
  muted: (seconds: number) => void;
  moved: (text: string) => void;
}

/** Something that emits to plain wires. */
export interface PlainEmitter {
  emit<E extends keyof ToPlain>(event: E, ...args: Parameters<ToPlain[E]>): boolean;
}
