// An analysis engine of the tests' own behind a Unix socket: it speaks as much of clamd's protocol as is needed to be told a
// sample and to answer. What holds `sign` is found, everything else is clean.
import { createServer } from 'node:net';
import { join } from 'node:path';

export const sign = 'X-GATEHOUSE-TEST-SIGNATURE';

export class Engine {
    connections = new Set();
    /** While it is set, no sample is answered. */
    holding = false;
    held = [];

    constructor(folder) {
        this.path = join(folder, 'engine.sock');
    }

    async listen() {
        this.server = createServer((socket) => {
            this.connections.add(socket);
            socket.on('close', () => this.connections.delete(socket)).on('error', () => undefined);
            let got = Buffer.alloc(0);
            let content = null; // of the stream under way
            let prefix = '';    // of answers within a session
            let count = 0;
            socket.on('data', (data) => {
                got = Buffer.concat([got, data]);
                for (;;) {
                    if (content !== null) {
                        if (got.length < 4) return;
                        const length = got.readUInt32BE(0);
                        if (got.length < 4 + length) return;
                        const piece = got.subarray(4, 4 + length);
                        got = got.subarray(4 + length);
                        if (length > 0) content.push(piece);
                        else {
                            const found = Buffer.concat(content).includes(sign);
                            content = null;
                            const answer = `${prefix}stream: ${found ? 'Gatehouse.Test-1 FOUND' : 'OK'}\0`;
                            this.answer(() => socket.writable && socket.write(answer));
                        }
                        continue;
                    }
                    const end = got.findIndex((byte) => byte === 0 || byte === 10);
                    if (end < 0) return;
                    const command = got.toString('latin1', 0, end).replace(/^[zn]/, '');
                    got = got.subarray(end + 1);
                    if (command === 'IDSESSION') prefix = '0: ';
                    else if (command === 'END') socket.end();
                    else {
                        if (prefix !== '') prefix = `${++count}: `;
                        if (command === 'INSTREAM') content = [];
                        else if (command === 'PING') socket.write(`${prefix}PONG\0`);
                        else if (command === 'VERSION') socket.write(`${prefix}ClamAV 1.0.0/1/Mon Jan  1 00:00:00 2026\0`);
                        else socket.write(`${prefix}UNKNOWN COMMAND\0`);
                    }
                }
            });
        });
        await new Promise((done) => this.server.listen(this.path, done));
    }

    answer(give) {
        if (this.holding) this.held.push(give);
        else give();
    }

    /** From now on samples are kept waiting for their answer. */
    hold() {
        this.holding = true;
    }

    /** Answers all that wait, and what comes from now on. */
    release() {
        this.holding = false;
        for (const give of this.held.splice(0)) give();
    }

    async close() {
        for (const socket of this.connections) socket.destroy();
        if (this.server?.listening) await new Promise((done) => this.server.close(done));
    }
}
