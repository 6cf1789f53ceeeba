/** The part of an uplink that says and hears nothing, for tests of its requests. */
import type { Uplink } from '../src/home.js';

export const MUTE: Pick<Uplink, 'say' | 'hear' | 'unhear'> = {
  say: async () => true,
  hear: async () => undefined,
  unhear: () => undefined,
};
