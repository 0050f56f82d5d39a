"""The service worker that starts the door's page without a network."""

import json
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.assets import AssetLibrary, asset_library

DECODER = "js/door/camera/decoder.js"
# What pages load only when it is needed.
LATER = [DECODER, "js/door/door.js"]
FILES = ["vendor/zxing-wasm/reader/zxing_reader.wasm"]


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """
    Serve the service worker, with what it has to keep besides the page.

    Each change of a part changes its address, and so this script: browsers look for a new one whenever the
    page is opened.
    """
    script = Path(str(finders.find("js/door/worker.js"))).read_text()
    content = f"const PARTS = {json.dumps(_parts(asset_library()))}\n{script}"
    return HttpResponse(content, "text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


def _parts(library: AssetLibrary) -> list[str]:
    modules = [asset for name in LATER for asset in library.modules(name) if asset.name != DECODER]
    files = [asset for name in FILES if (asset := library.get(name))]
    return [reverse("door:decoder"), *dict.fromkeys(asset.url for asset in [*modules, *files])]
