from .picture import Picture, PictureKind, file_name
from .shop import ACTION, BRAND, NAME, Shop, assume, forget, shop

__all__ = [
    "ACTION",
    "BRAND",
    "NAME",
    "Picture",
    "PictureKind",
    "Shop",
    "assume",
    "file_name",
    "forget",
    "shop",
]
