// An endpoint cloud beside the appliance, told of malicious samples: what it was told, and how it answers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('cloud_server.mjs', import.meta.url));

export class Cloud {
    static user = 'gatehouse';
    static password = 'a long secret';
    requests = [];
    listeners = new Set();

    /** At a neighbour, with that pair and the CA that issued it. */
    static async start(neighbour, { certificate, authority, key }, port) {
        const cloud = new Cloud();
        const file = (name, text) => {
            const path = join(neighbour.folder, `cloud-${port}-${name}`);
            writeFileSync(path, text);
            return path;
        };
        const said = { address: neighbour.address, port, certificate: file('chain', certificate + authority), key: file('key', key), user: Cloud.user, password: Cloud.password };
        cloud.command = ['netns', 'exec', neighbour.name, process.execPath, program, JSON.stringify(said)];
        await cloud.open();
        return cloud;
    }

    /** Takes connections, for the first time or again. */
    async open() {
        this.process = spawn('ip', this.command, { stdio: ['pipe', 'pipe', 'inherit'] });
        this.ended = once(this.process, 'exit');
        const ready = this.line('ready');
        createInterface({ input: this.process.stdout }).on('line', (line) => {
            if (line.startsWith('{')) this.requests.push(JSON.parse(line));
            for (const listener of [...this.listeners]) listener(line);
        });
        if (await Promise.race([ready, this.ended]) !== 'ready') throw new Error('the cloud ended at its start');
    }

    line(wanted) {
        return new Promise((done) => {
            const hear = (line) => {
                if (line !== wanted) return;
                this.listeners.delete(hear);
                done(line);
            };
            this.listeners.add(hear);
        });
    }

    /** From now on dispositions are answered so. */
    async answer(status) {
        const changed = this.line('changed');
        this.process.stdin.write(`${JSON.stringify({ status })}\n`);
        await changed;
    }

    /** What it was told, and took or not: the bodies of the POSTs. */
    get told() {
        return this.requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body));
    }

    /** Refuses connections from now on. */
    async close() {
        if (this.process.kill('SIGKILL')) await this.ended;
    }
}
