// A running gatehoused with a temporary folder of its own, as tests/e2e/daemon.py has it: what it is told, what it logs,
// and who signs in first. One for each file of tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('../..', import.meta.url));
export const binary = resolve(process.env['GATEHOUSED'] ?? join(top, 'build/gatehoused'));
/** Generous: sanitizer builds on busy machines are slow. */
export const patience = 120000;

export const hostname = { clean: 'gw.example.test', admin: 'ops.example.test' };

async function freePorts(count) {
    const servers = await Promise.all(Array.from({ length: count }, () => new Promise((done, failed) => {
        const server = createServer().once('error', failed).listen(0, '127.0.0.1', () => done(server));
    })));
    const ports = servers.map((server) => server.address().port);
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    return ports;
}

export class Appliance {
    /** Starts it, and waits until both doors serve. `change` may alter the configuration before. */
    static async start(change = () => {}) {
        if (!existsSync(binary)) throw new Error(`${binary} is not there: build it, or name it in $GATEHOUSED`);
        const appliance = new Appliance();
        appliance.folder = mkdtempSync(join(tmpdir(), 'gh-browser-'));
        appliance.state = join(appliance.folder, 'state');
        const [clean, admin] = await freePorts(2);
        appliance.ports = { clean, admin };
        appliance.configuration = {
            state_directory: appliance.state,
            console_socket: join(appliance.folder, 'console.sock'),
            workers: 2,
            interfaces: {
                clean: { listen: [`127.0.0.1:${clean}`], hostname: hostname.clean },
                admin: { listen: [`127.0.0.1:${admin}`], hostname: hostname.admin },
            },
            log: { level: 'info', format: 'json' },
        };
        change(appliance.configuration);
        await appliance.run();
        return appliance;
    }

    log = [];

    async run() {
        const file = join(this.folder, 'gatehouse.json');
        writeFileSync(file, JSON.stringify(this.configuration, null, 2));
        this.process = spawn(binary, ['--config', file], { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
        this.ended = once(this.process, 'exit');
        const lines = createInterface({ input: this.process.stderr });
        const ready = new Promise((done) => lines.on('line', (line) => {
            this.log.push(line);
            if (line.includes('"server.ready"')) done('ready');
        }));
        if (await Promise.race([ready, this.ended]) !== 'ready') throw new Error(`it ended at start:\n${this.log.join('\n')}`);
    }

    /** The address of a door's page. */
    address(door = 'admin') {
        return `https://${hostname[door]}:${this.ports[door]}`;
    }

    /** The password that the first start made for the account `admin` of a door. */
    password(door = 'admin') {
        return readFileSync(join(this.state, door === 'clean' ? 'initial-password-clean' : 'initial-password'), 'utf8').trim();
    }

    /** Places a pair where the door's files are, as an operator with a shell does: key first. */
    place(door, { certificate, key }) {
        for (const [name, text] of [['cert.key', key], ['cert.pem', certificate]]) {
            const file = join(this.state, door, name);
            writeFileSync(`${file}.new`, text, { mode: 0o600 });
            renameSync(`${file}.new`, file);
        }
    }

    /** What root is answered at the console socket. */
    async console(method, path, body) {
        const asked = request({ socketPath: this.configuration.console_socket, method, path,
            headers: body === undefined ? {} : { 'Content-Type': 'application/json' } });
        asked.end(body === undefined ? undefined : JSON.stringify(body));
        const [answer] = await once(asked, 'response');
        const text = (await answer.setEncoding('utf8').toArray()).join('');
        if (answer.statusCode >= 300) throw new Error(`${method} ${path} is answered with ${answer.statusCode}: ${text}`);
        return JSON.parse(text);
    }

    /** Ends it as an operator does, and leaves nothing behind. Throws where it did not end well. */
    async stop() {
        this.process.kill('SIGTERM');
        const [code, signal] = await this.ended;
        rmSync(this.folder, { recursive: true, force: true });
        if (code !== 0) throw new Error(`gatehoused ended with ${code ?? signal}:\n${this.log.slice(-40).join('\n')}`);
    }
}
