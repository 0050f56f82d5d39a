from .device import Device, DeviceRole
from .entry import Conflict, Entry
from .scan import Direction, Scan, ScanKind, Verdict

__all__ = ["Conflict", "Device", "DeviceRole", "Direction", "Entry", "Scan", "ScanKind", "Verdict"]
