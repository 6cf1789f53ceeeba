/** `sse-idle` on connections with an earlier request, as those of browsers often are. */
import { Load as FreshLoad } from './sse-idle.mjs';

export class Load extends FreshLoad {
  /** @param {{ port: number }} options */
  constructor(options) {
    super(options, true);
  }
}
