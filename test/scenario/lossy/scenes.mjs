// The state of the path in each scene, and for how long.
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Loses a share of all packets for some seconds. */
const lossy = (loss, seconds) => async (path) => {
  await path.change(loss);
  await sleep(seconds * 1_000);
};

/** Blocks everything for some seconds, between two times in which everything passes. */
const tunnel = (loss, seconds) => async (path, note) => {
  await sleep(2_000);
  await path.change(loss);
  note({ what: 'silence', ...loss, ms: seconds * 1_000 });
  await sleep(seconds * 1_000);
  await path.change({});
  await sleep(2_000);
};

/** Blocks datagrams for some seconds, and lets everything else pass. */
const noDatagrams = (loss) => async (path) => {
  await sleep(2_000);
  await path.change({ ...loss, only: 'udp' });
  await sleep(16_000);
  await path.change({});
  await sleep(8_000);
};

/** Milliseconds after which a client must have left its lane: until the lane is stale, and the signal after that. */
const LEAVING_MS = 12_000;

/**
 * The scenes. `course` breaks the path, which is restored afterwards. `nat`: the clients share one address. `keepsUdp`:
 * every session over UDP must survive. `laneSilenceMsMax` is the longest silence for clients with a lane.
 */
export const SCENES = {
  'loss 1 %': { keepsUdp: true, laneSilenceMsMax: 5_000, course: lossy({ up: 0.01, down: 0.01 }, 15) },
  'loss 10 %': { keepsUdp: true, laneSilenceMsMax: 5_000, course: lossy({ up: 0.1, down: 0.1 }, 15) },
  'loss 30 %': { course: lossy({ up: 0.3, down: 0.3 }, 20) },
  'loss 30 % up': { keepsUdp: true, laneSilenceMsMax: 5_000, course: lossy({ up: 0.3 }, 15) },
  'loss 30 % down': { keepsUdp: true, laneSilenceMsMax: 5_000, course: lossy({ down: 0.3 }, 15) },
  'tunnel 5 s': { course: tunnel({ up: 1, down: 1 }, 5) },
  'tunnel 15 s': { course: tunnel({ up: 1, down: 1 }, 15) },
  'tunnel 30 s': { course: tunnel({ up: 1, down: 1 }, 30) },
  'half-open up': { course: tunnel({ up: 1 }, 15) },
  'half-open down': { course: tunnel({ down: 1 }, 15) },
  'no datagrams': { laneSilenceMsMax: LEAVING_MS, course: noDatagrams({ up: 1, down: 1 }) },
  'no datagrams up': { laneSilenceMsMax: LEAVING_MS, course: noDatagrams({ up: 1 }) },
  'no datagrams down': { laneSilenceMsMax: LEAVING_MS, course: noDatagrams({ down: 1 }) },
  'mtu 1280': {
    keepsUdp: true,
    async course(path) {
      await sleep(2_000);
      await path.narrow(1_280);
      await sleep(8_000);
    },
  },
  'mtu 576': {
    keepsUdp: true,
    async course(path) {
      await sleep(2_000);
      await path.narrow(576);
      await path.change({ up: 0.01, down: 0.01 });
      await sleep(10_000);
    },
  },
  'nat that forgets': {
    keepsUdp: true,
    nat: true,
    async course(path) {
      for (let round = 0; round < 4; round += 1) {
        await sleep(3_000);
        await path.forget();
      }
      await sleep(2_000);
    },
  },
  unplugged: {
    async course(path) {
      for (const ms of [500, 3_000, 9_000]) {
        await sleep(3_000);
        await path.unplug();
        await sleep(ms);
        await path.plug();
      }
      await sleep(2_000);
    },
  },
  'another address': {
    keepsUdp: true,
    async course(path) {
      for (const [from, to] of [
        [0, 1],
        [1, 0],
        [0, 1],
      ]) {
        await sleep(4_000);
        await path.readdress(from, to);
      }
      await sleep(4_000);
    },
  },
  'reset by a middlebox': {
    keepsUdp: true,
    async course(path) {
      for (let round = 0; round < 5; round += 1) {
        await sleep(2_000);
        await path.change({ reset: true });
        await sleep(500 * round);
        await path.change({});
      }
      await sleep(2_000);
    },
  },
  'all of it': {
    nat: true,
    async course(path, note) {
      await lossy({ up: 0.1, down: 0.1 }, 4)(path, note);
      await path.change({ reset: true });
      await sleep(300);
      await path.change({ up: 0.05, down: 0.05 });
      await path.forget();
      await sleep(2_000);
      await path.narrow(576);
      await sleep(1_000);
      await path.change({ down: 1 });
      note({ what: 'silence', down: 1, ms: 9_500 });
      await sleep(9_500);
      await path.change({});
      await sleep(1_000);
    },
  },
};
