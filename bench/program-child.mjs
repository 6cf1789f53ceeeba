/** The child that runs one measurement of a program: a module in programs/ that measures by itself. */
import { answer } from './channel.mjs';

answer({
  /**
   * @param {string} program file name in programs/
   * @param {string} target
   * @param {Record<string, unknown>} options of the row
   * @param {{ seconds: number, isQuick: boolean }} settings
   */
  async measure(program, target, options, settings) {
    const module = await import(`./programs/${program}.mjs`);
    return await module.measure(target, options, settings);
  },
});
