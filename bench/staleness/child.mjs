/** The end of a child process: carries out the commands of its parent one after another, and ends with it. */

/**
 * @param {Record<string, (argument: any) => unknown>} commands
 * @param {() => unknown} [end] called before the process ends
 */
export function serveParent(commands, end = () => undefined) {
  process.on('message', async (/** @type {any} */ { command, argument }) => {
    try {
      process.send?.({ answer: await commands[command]?.(argument) });
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.stack : String(error) });
    }
  });
  process.on('disconnect', async () => {
    await end();
    process.exit();
  });
  // A signal of the terminal goes to all processes at once. The parent decides when this one ends.
  process.on('SIGINT', () => undefined);
}
