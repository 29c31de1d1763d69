// An endpoint cloud that is told of malicious samples, run by cloud.mjs at the neighbour's. A line on its standard input
// changes how it answers; each request is a line on its standard output.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';

const { address, port, certificate, key, user, password } = JSON.parse(process.argv[2]);
const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
let answer = { status: 204 };

const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    const known = request.headers.authorization === expected;
    console.log(JSON.stringify({ method: request.method, url: request.url, known, key: request.headers['idempotency-key'], body }));
    const status = known ? (request.method === 'OPTIONS' ? 204 : answer.status) : 401;
    response.writeHead(status, status === 401 ? { 'WWW-Authenticate': 'Basic realm="cloud"' } : {}).end();
});
server.listen(port, address);
await once(server, 'listening');
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
    answer = JSON.parse(line);
    console.log('changed');
}
process.exit(0); // who told it has gone
