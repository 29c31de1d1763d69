// The clean door as a script asks it, beside a visitor at a browser: to prepare what a page is to show, and to see what
// became of what was done there.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { hostname } from './appliance.mjs';

export class CleanBox {
    constructor(appliance) {
        this.appliance = appliance;
        this.cookie = '';
    }

    /** Whoever signs in; first of all the account that the first start made. */
    static async signedIn(appliance, username = 'admin', password = appliance.password('clean')) {
        const box = new CleanBox(appliance);
        const { headers } = await box.ask('POST', '/api/v1/session', { json: { username, password } });
        box.cookie = headers['set-cookie'][0].split(';')[0];
        return box;
    }

    /** Sends it and gives {status, headers, bytes, json}; where `status` is given, it must be that. */
    async ask(method, path, { json, form, headers = {}, status } = {}) {
        const sent = { Host: `${hostname.clean}:${this.appliance.ports.clean}`, Origin: this.appliance.address('clean'), ...headers };
        let body;
        if (this.cookie !== '') sent.Cookie = this.cookie;
        if (json !== undefined) {
            body = Buffer.from(JSON.stringify(json));
            sent['Content-Type'] = 'application/json';
        }
        if (form !== undefined) {
            const encoded = new Response(form);
            body = Buffer.from(await encoded.arrayBuffer());
            sent['Content-Type'] = encoded.headers.get('content-type');
        }
        if (body !== undefined) sent['Content-Length'] = body.length;
        const asked = request({ host: '127.0.0.1', port: this.appliance.ports.clean, servername: hostname.clean, rejectUnauthorized: false, agent: false, method, path, headers: sent });
        asked.end(body);
        const [answer] = await once(asked, 'response');
        const bytes = Buffer.concat(await answer.toArray());
        if (status !== undefined) assert.equal(answer.statusCode, status, `${method} ${path}: ${bytes.toString('utf8', 0, 400)}`);
        else assert.ok(answer.statusCode < 400, `${method} ${path} is answered with ${answer.statusCode}: ${bytes.toString('utf8', 0, 400)}`);
        const isJson = (answer.headers['content-type'] ?? '').includes('json') && bytes.length > 0;
        return { status: answer.statusCode, headers: answer.headers, bytes, json: isJson ? JSON.parse(bytes.toString('utf8')) : undefined };
    }

    /** The sample that a file with that content became. */
    async submit(filename, content, { tags = [], isPrivate = false } = {}) {
        const form = new FormData();
        if (tags.length > 0) form.append('tags', tags.join(','));
        if (isPrivate) form.append('private', 'true');
        form.append('sample', new Blob([content]), filename);
        return (await this.ask('POST', '/api/v1/samples', { form, status: 201 })).json;
    }

    /** The user that was made. */
    async makeUser(login, { password, role = 'user', organization_id, name = '' } = {}) {
        const belongs = organization_id ?? (await this.ask('GET', '/api/v1/session')).json.organization_id;
        const said = { login, name, email: '', title: '', role, organization_id: belongs };
        return (await this.ask('POST', '/api/v1/users', { json: password === undefined ? said : { ...said, password }, status: 201 })).json;
    }

    /** What a device is answered that registers itself. */
    async register(device_id, secret, { kind = 'esa', status = 202 } = {}) {
        const anybody = new CleanBox(this.appliance);
        return (await anybody.ask('POST', '/api/v1/devices', { json: { device_id, kind, secret }, status })).json;
    }

    /** What a device is told about itself. */
    async poll(device_id, secret) {
        const anybody = new CleanBox(this.appliance);
        return (await anybody.ask('GET', '/api/v1/devices/self', { headers: { Authorization: `Device ${device_id}:${secret}` } })).json;
    }
}
