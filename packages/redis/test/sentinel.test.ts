import { holdContract } from './moved-time.js';
import { folderOfTest, startRedis, startSentinel, until } from './servers-and-uplinks.js';

holdContract('redis behind a Sentinel, after a failover', async (env, atEnd) => {
  const start = () => startRedis(['--appendonly', 'no'], env, folderOfTest(atEnd), atEnd);
  const [master, replica] = [await start(), await start()];
  await replica.say(`REPLICAOF 127.0.0.1 ${master.port}`);
  await master.say('SET known 1');
  await until(async () => (await replica.say('EXISTS known')) === ':1');
  const sentinel = await startSentinel(master.port, atEnd);
  await until(async () => (await sentinel.say('SENTINEL REPLICAS main')).startsWith('*1\r\n'));
  await master.kill();
  // The Sentinel breaks all connections of the new master.
  await until(async () => (await replica.say('SET known 2').catch(() => '')) === '+OK');
  // It names the new master a moment later.
  await until(async () =>
    (await sentinel.say('SENTINEL GET-MASTER-ADDR-BY-NAME main')).includes(`\r\n${replica.port}\r\n`),
  );
  return { url: sentinel.url, server: replica };
});
