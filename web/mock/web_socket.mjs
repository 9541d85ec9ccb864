import { createHash } from 'node:crypto';

// The server's half of RFC 6455, as far as a mock needs it: text frames below 64 kB from the
// client, whole ones of any size to it.

const kGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export function offered_protocols(request) {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
}

export function accept(request, socket) {
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + kGuid)
    .digest('base64');
  const protocol = offered_protocols(request).includes('faultline')
    ? 'Sec-WebSocket-Protocol: faultline\r\n' : '';
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
    `Connection: Upgrade\r\n${protocol}Sec-WebSocket-Accept: ${key}\r\n\r\n`);
}

export function send_text(socket, text) {
  const body = Buffer.from(text);
  let head;
  if (body.length < 126) head = Buffer.from([0x81, body.length]);
  else if (body.length < 65_536) {
    head = Buffer.from([0x81, 126, body.length >> 8, body.length & 255]);
  } else {
    head = Buffer.alloc(10);
    head[0] = 0x81;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  if (socket.writable) socket.write(Buffer.concat([head, body]));
}

// Calls `on_text` for each text frame in what has come so far.
export function reader(on_text, on_close) {
  let held = Buffer.alloc(0);
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 6) {
      const small = held[1] & 127;
      const at = small === 126 ? 4 : 2;
      const size = small === 126 ? held.readUInt16BE(2) : small;
      if (held.length < at + 4 + size) return;
      const mask = held.subarray(at, at + 4);
      const body = Buffer.from(held.subarray(at + 4, at + 4 + size));
      for (let i = 0; i < size; i += 1) body[i] ^= mask[i & 3];
      const code = held[0] & 15;
      held = held.subarray(at + 4 + size);
      if (code === 8) on_close();
      if (code === 1) on_text(body.toString());
    }
  };
}
