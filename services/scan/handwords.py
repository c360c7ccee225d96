"""What the handheld's page says, in Chinese and English."""

from __future__ import annotations

STEPS: dict[str, tuple[str, str]] = {
    "receiving": ("收货", "Receive"),
    "shipping": ("发货", "Ship"),
    "packing": ("装箱", "Pack"),
    "unpacking": ("拆箱", "Unpack"),
    "inspecting": ("检查", "Inspect"),
    "dispensing": ("发药", "Dispense"),
    "destroying": ("销毁", "Destroy"),
}
TEXTS: dict[str, tuple[str, str]] = {
    "ready": ("请扫码", "Scan"),
    "waiting": ("已保存，等待发送", "Kept, to be sent"),
    "taken": ("已接收", "Taken"),
    "refused": ("未接收", "Not taken"),
    "offline": ("没有网络：继续扫码，稍后自动发送", "No network: go on scanning, it is sent later"),
    "signin": ("请重新登录，扫码不会丢失", "Sign in again; no scan is lost"),
    "queue": ("待发送", "to be sent"),
    "full": ("浏览器存储已满，未保存", "This browser has no room left: NOT kept"),
    "time": ("时间不对", "the time"),
    "step": ("操作不对", "the step"),
    "site": ("地点不对：13 位 GLN", "the place: a GLN of 13 digits"),
    "code": ("条码无法识别，请再扫一次", "the code can't be read: scan it again"),
    "parent": ("请先扫箱码", "scan the container's code first"),
    "quantity": ("此码没有序列号", "this code has no serial number"),
    "to": ("收货方不对：13 位 GLN", "the receiver: a GLN of 13 digits"),
    "other": ("记录有误", "the record"),
}
"""Columns of a scan are the keys for what is wrong with them."""
