// How much a browser receives, in bytes over the wire.
import assert from 'node:assert/strict';

const kilobyte = 1000;

/** Counts what the visitor's page receives: head and body of each answer, as they came through TLS. */
export async function counted(visitor) {
    const debug = await visitor.context.newCDPSession(visitor.page);
    const received = new Map();
    await debug.send('Network.enable');
    debug.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => received.set(requestId, encodedDataLength));
    return () => {
        const sum = [...received.values()].reduce((total, bytes) => total + bytes, 0);
        received.clear();
        return sum;
    };
}

/** Says how much it was, and holds it against its budget in kilobytes. */
export const within = (bytes, budget, what) => {
    console.log(`${what}: ${(bytes / kilobyte).toFixed(1)} kB of ${budget}`);
    assert.ok(bytes > 0, `${what}: nothing was counted`);
    assert.ok(bytes <= budget * kilobyte, `${what} takes ${bytes} bytes, its budget is ${budget} kB`);
};
