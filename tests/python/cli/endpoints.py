"""Endpoints that behave as public providers and bad networks do, in front of a real chain."""

import base64
import hashlib
import json
import socket
import struct
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def ask(url, question):
    """The JSON answer to a JSON question, a single one or a batch."""
    request = urllib.request.Request(url, json.dumps(question).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


class Provider:
    """An HTTP endpoint in front of `url`; `answer(question, provider)` may answer in its place.

    It returns None to pass the question on, (status, headers, JSON or bytes), or what is to be done with the handler."""

    def __init__(self, url, answer=lambda question, provider: None):
        self.behind, self.answer, self.questions, provider = url, answer, [], self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                provider.questions.append(question)
                given = provider.answer(question, provider)
                if callable(given):
                    return given(self)
                status, headers, body = given if given else (200, {}, ask(url, question))
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def asked(self, method):
        """The parameters of all requests for a method, those in batches too."""
        flat = [one for question in self.questions for one in (question if isinstance(question, list) else [question])]
        return [one["params"] for one in flat if one["method"] == method]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def error(question, code, message):
    return {"jsonrpc": "2.0", "id": question["id"], "error": {"code": code, "message": message}}


class Socket:
    """A WebSocket endpoint in front of `url`, frame by frame, whose connections can be dropped or damaged.

    It asks the chain itself for new blocks, so that a notification comes when this endpoint says so."""

    def __init__(self, url):
        self.behind, self.connections, self.handshakes, self.subscribes = url, [], 0, True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += connection.recv(1)
            key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
            accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            connection.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            self.handshakes += 1
            self.connections.append(connection)
            while True:
                opcode, payload = self.frame(connection)
                if opcode == 8:
                    return connection.close()
                if opcode != 1:
                    continue
                question = json.loads(payload)
                if isinstance(question, dict) and question["method"] == "eth_subscribe":
                    answer = (
                        {"jsonrpc": "2.0", "id": question["id"], "result": "0x1"} if self.subscribes
                        else error(question, -32601, "the method eth_subscribe does not exist"))
                else:
                    answer = ask(self.behind, question)
                connection.sendall(self.text(json.dumps(answer).encode()))
        except (OSError, struct.error, IndexError):
            connection.close()

    @staticmethod
    def frame(connection):
        def read(count):
            data = b""
            while len(data) < count:
                more = connection.recv(count - len(data))
                if not more:
                    raise OSError("ended")
                data += more
            return data

        first, second = read(2)
        assert second & 0x80, "a client must mask its frames"
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", read(8))[0]
        mask = read(4)
        return first & 15, bytes(byte ^ mask[n & 3] for n, byte in enumerate(read(size)))

    @staticmethod
    def text(payload):
        size = len(payload)
        head = bytes([0x81, size]) if size < 126 else b"\x81\x7e" + struct.pack(">H", size) if size < 65536 \
            else b"\x81\x7f" + struct.pack(">Q", size)
        return head + payload

    def notify(self):
        notice = {"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": "0x1", "result": {}}}
        self.send(self.text(json.dumps(notice).encode()))

    def send(self, raw):
        for connection in self.connections:
            try:
                connection.sendall(raw)
            except OSError:
                pass

    def drop(self):
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.connections = []

    def close(self):
        self.listener.close()
        self.drop()
