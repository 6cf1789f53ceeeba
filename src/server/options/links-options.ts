/** The options of links to servers on other machines. */
import { secret, text, value } from '../../base/options/kinds.js';
import { type OptionsOf, options, type SettingsOf } from '../../base/options/table.js';
import { readLinkAddress } from '../links/node-addresses.js';

/** The table of `links`. */
export const linksTable = options('links', {
  /**
   * Address at which the other servers reach this one, such as `"tcp://10.0.0.5:4100"`. The server listens there, and the others learn it from the
   * backplane. @default none: the others pass polls on to this server through the backplane, and no upgrades
   */
  address: value<string>(
    'an address that the other machines reach, such as "tcp://10.0.0.5:4100"',
    (given) => readLinkAddress(given) !== undefined,
  ),
  /**
   * Secret of at least 16 characters that all servers share. It encrypts the links, and proves both ends to each other.
   * @default none: the server has no links
   */
  secret: secret(text(undefined, 'a string of at least 16 characters', /^.{16,}$/s)),
});

/** Options of links between machines, as `links` of the server's options. */
export interface LinksOptions extends OptionsOf<typeof linksTable> {}

/** The options as the server reads them. */
export interface LinksSettings extends SettingsOf<typeof linksTable> {}
