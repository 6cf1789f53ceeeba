/** One worker of `workers.mjs`. */
import { Server } from 'naru';
import { local } from 'naru/backplane/local';
import { cluster } from 'naru/cluster';
import { serve } from './socket.io-apps.mjs';

const { workers, app, folder, options } = JSON.parse(process.argv[2] ?? '');

await cluster({ workers }, async () => {
  const backplane = local(folder, { bytes: 256 * 1024 ** 2 });
  const { io, port } = await serve(Server, app, { ...options, backplane, connectionStateRecovery: {} });
  return { io, report: port };
});
