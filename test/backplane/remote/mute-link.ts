/** The part of a link that says and hears nothing, for tests of its requests. */
import type { HomeLink } from '../../../src/backplane/remote/home.js';

export const MUTE: Pick<HomeLink, 'say' | 'hear' | 'unhear'> = {
  say: async () => true,
  hear: async () => undefined,
  unhear: () => undefined,
};
