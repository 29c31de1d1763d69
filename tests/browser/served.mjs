// What a door shows to whoever connects now.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { hostname } from './appliance.mjs';

/** The fingerprint of the certificate that a new connection is shown. */
export async function served(appliance, door) {
    const socket = connect({ host: '127.0.0.1', port: appliance.ports[door], servername: hostname[door], rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerCertificate();
    socket.destroy();
    return createHash('sha256').update(certificate.raw).digest('hex');
}

/** The status that a script gets for a GET with these fields. */
export async function status(appliance, door, path, headers = {}) {
    const asked = request({ host: '127.0.0.1', port: appliance.ports[door], servername: hostname[door], path, rejectUnauthorized: false,
        headers: { Host: `${hostname[door]}:${appliance.ports[door]}`, ...headers } });
    asked.end();
    const [answer] = await once(asked, 'response');
    answer.resume();
    return answer.statusCode;
}
