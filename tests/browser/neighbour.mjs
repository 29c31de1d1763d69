// A machine beside the one under test, as tests/e2e/neighbour.py has it: a network namespace behind a pair of virtual
// interfaces, since the appliance does not call its own addresses. Takes root.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ip = (...command) => execFileSync('ip', command, { stdio: 'pipe' });

export class Neighbour {
    name = `ghb${process.pid}`;
    folder = mkdtempSync(join(tmpdir(), 'gh-browser-net-'));
    servers = [];

    constructor() {
        const net = 4 * (process.pid % 16384); // of 198.19.0.0/16, which is for tests (RFC 2544)
        const own = `198.19.${net >> 8}.${(net & 255) + 1}`;
        this.address = `198.19.${net >> 8}.${(net & 255) + 2}`;
        ip('netns', 'add', this.name);
        ip('link', 'add', this.name, 'type', 'veth', 'peer', 'name', 'out', 'netns', this.name);
        ip('address', 'add', `${own}/30`, 'dev', this.name);
        // Without IPv6 there is nothing that settles later: a browser drops what it is connecting when an address comes up.
        ip('link', 'set', this.name, 'addrgenmode', 'none', 'up');
        ip('-n', this.name, 'address', 'add', `${this.address}/30`, 'dev', 'out');
        ip('-n', this.name, 'link', 'set', 'out', 'addrgenmode', 'none', 'up');
    }

    /** openssl's own TLS server with that pair and its CA. */
    async serveTls({ certificate, authority, key }, port) {
        const file = (name, text) => {
            writeFileSync(join(this.folder, name), text);
            return join(this.folder, name);
        };
        const files = ['-cert', file('cert', certificate), '-cert_chain', file('chain', authority), '-key', file('key', key)];
        const server = spawn('ip', ['netns', 'exec', this.name, 'openssl', 's_server', '-accept', `${this.address}:${port}`, ...files],
            { stdio: ['pipe', 'pipe', 'ignore'] }); // it ends where its input does
        this.servers.push(server);
        for await (const line of createInterface({ input: server.stdout })) {
            if (line.includes('ACCEPT')) break;
        }
        if (server.exitCode !== null) throw new Error(`openssl s_server ended with ${server.exitCode}`);
        server.stdout.resume();
    }

    async close() {
        for (const server of this.servers) {
            const ended = once(server, 'exit');
            if (server.kill('SIGKILL')) await ended;
        }
        ip('netns', 'delete', this.name); // and with it the pair of interfaces
        rmSync(this.folder, { recursive: true, force: true });
    }
}
