"""Serves the shop on a free port of this host, and prints `port N`."""

import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from shop.wsgi import application


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
    print("port", server.server_port, flush=True)
    sys.stdout.close()
    server.serve_forever()
