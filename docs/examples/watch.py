"""Watches one Maskcast stream and prints what is in the picture. Python 3.9+, standard library only; see ../protocol.md.

    python3 watch.py http://127.0.0.1:8080 STREAM [FRAMES]        (a token is read from MASKCAST_TOKEN)
"""

import base64, json, os, socket, ssl, struct, sys, zlib
from urllib.parse import urlsplit


class Socket:
    """Just enough WebSocket (RFC 6455) for a client whose messages are small text."""

    def __init__(self, base, path, headers):
        url = urlsplit(base)
        port = url.port or (443 if url.scheme == "https" else 80)
        self.raw = socket.create_connection((url.hostname, port), timeout=10)
        if url.scheme == "https":
            self.raw = ssl.create_default_context().wrap_socket(self.raw, server_hostname=url.hostname)
        self.file = self.raw.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {url.netloc}", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Protocol: maskcast.v1"]
        self.raw.sendall("\r\n".join([*lines, *headers, "", ""]).encode())
        status = self.file.readline().decode().strip()
        length = 0
        while (line := self.file.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if " 101 " not in status:
            raise SystemExit(f"{status}: {json.loads(self.file.read(length))['detail']}")

    def send(self, text, opcode=1):
        data = text if isinstance(text, bytes) else text.encode()
        mask = os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(data))
        body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self.raw.sendall(bytes([0x80 | opcode]) + size + mask + body)

    def receive(self):
        """The next message: str or bytes; None when the server has closed."""
        whole = b""
        while True:
            first, size = self.file.read(2)
            if size == 126: size, = struct.unpack(">H", self.file.read(2))
            elif size == 127: size, = struct.unpack(">Q", self.file.read(8))
            data, opcode = self.file.read(size), first & 15
            if opcode == 8: return None
            if opcode == 9: self.send(data, 10)  # a ping wants a pong
            elif opcode < 3:
                kind = opcode or kind
                whole += data
                if first & 0x80: return whole.decode() if kind == 1 else whole


def watch(base, stream, limit):
    token = os.environ.get("MASKCAST_TOKEN")
    connection = Socket(base, f"/ws/v1/streams/{stream}", [f"Authorization: Bearer {token}"] if token else [])
    classes, seen = {}, 0
    while seen < limit and (message := connection.receive()) is not None:
        if isinstance(message, str):
            message = json.loads(message)
            if message["type"] == "hello":
                classes = {each["id"]: each["name"] for each in message["model"]["classes"]}
            elif message["type"] == "state":
                print("state:", message["status"]["state"])
            elif message["type"] == "error":
                print("error:", message["error"]["message"])
            continue
        kind, _, flags, header, number, captured, ticks, num, den, _, _, width, height, age, jpeg_size, mask_size, _ = (
            struct.unpack_from("<BBHIQdqIIHHHHIIII", message))
        if kind != 1: continue
        jpeg = message[header:header + jpeg_size]
        planes = zlib.decompress(message[header + jpeg_size:header + jpeg_size + mask_size], wbits=-15)
        labels = planes[:width * height]
        shares = {name: labels.count(id) / len(labels) for id, name in classes.items()}
        shown = ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if share)
        print(f"frame {number} at {ticks * num / den:.3f} s, {len(jpeg)} bytes, mask age {age}: {shown}", flush=True)
        connection.send(json.dumps({"type": "ack", "frame": number}))
        seen += 1


if __name__ == "__main__":
    watch(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else sys.maxsize)
