// A name server of the tests' own: it knows IPv4 addresses by their names, and says of every other name that it is not there.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

function asked(question, end) {
    const labels = [];
    for (let at = 12; question[at] !== 0 && at < end; at += question[at] + 1) labels.push(question.toString('latin1', at + 1, at + 1 + question[at]));
    return labels.join('.').toLowerCase();
}

export class NameServer {
    /** `addressOf` is given a name, and gives [a, b, c, d] or undefined. */
    static async start(addressOf) {
        const server = new NameServer();
        server.socket = createSocket('udp4');
        server.socket.on('message', (question, from) => {
            const end = question.indexOf(0, 12) + 5; // behind name, type and class
            const address = addressOf(asked(question, end));
            const asksForA = question.readUInt16BE(end - 4) === 1;
            const answers = address !== undefined && asksForA;
            const head = Buffer.from(question.subarray(0, 12));
            head.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2); // an answer: no such name, or no error
            head.writeUInt16BE(answers ? 1 : 0, 6);
            head.writeUInt32BE(0, 8);
            const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...(address ?? [])]);
            server.socket.send(Buffer.concat([head, question.subarray(12, end), ...(answers ? [record] : [])]), from.port, from.address);
        });
        server.socket.bind(0, '127.0.0.1');
        await once(server.socket, 'listening');
        server.address = `127.0.0.1:${server.socket.address().port}`;
        return server;
    }

    close() {
        this.socket.close();
    }
}
