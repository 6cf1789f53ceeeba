/** The option `wires` of a server: the wires that a program gives it. */
import { ConfigError } from '../../base/errors.js';
import { value } from '../../base/options/kinds.js';
import { isObject, type OptionsOf, options } from '../../base/options/table.js';
import type { Wire } from './endpoint.js';

/** The table of the option `wires`. */
export const wiresTable = options('', {
  /** Further wires of the server, such as `[stomp(), udp()]`. Each scheme belongs to one of them. @default [] */
  wires: value<readonly Wire[], readonly Wire[]>(
    'a list of wires, such as [stomp()]',
    (given) => Array.isArray(given) && given.every((wire) => isObject(wire) && isObject(wire.schemes)),
    Object.freeze([]),
  ),
});

/** The option of a server for its wires. */
export interface WiresOptions extends OptionsOf<typeof wiresTable> {}

/** Returns all wires of a server. Throws ConfigError when two of them have the same scheme. */
export function joinServerWires(own: readonly Wire[], given: readonly Wire[]): readonly Wire[] {
  const wires = [...own, ...given];
  const schemes = wires.flatMap((wire) => Object.keys(wire.schemes));
  const twice = schemes.find((scheme, index) => schemes.indexOf(scheme) !== index);
  if (twice !== undefined)
    throw new ConfigError('BAD_OPTION', `Option "wires" has two wires for "${twice}:": leave one out.`);
  return wires;
}
