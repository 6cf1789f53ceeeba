/** As `sse-idle`, on connections that had another request before, as those of browsers often have. */
import { Load as FreshLoad } from './sse-idle.mjs';

export class Load extends FreshLoad {
  /** @param {{ port: number }} options */
  constructor(options) {
    super(options, true);
  }
}
