"""Cities, territories, time zones (none with summer time), distances and travel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

EARTH_KM = 6_371.0


@dataclass(frozen=True, slots=True)
class City:
    name: str
    territory: str
    lat: float
    lon: float
    zone: str = "Asia/Shanghai"
    minutes: int = 480
    """East of UTC."""


_CHINA = (
    City("Shanghai", "east", 31.23, 121.47),
    City("Hangzhou", "east", 30.27, 120.15),
    City("Nanjing", "east", 32.06, 118.80),
    City("Hefei", "east", 31.82, 117.23),
    City("Guangzhou", "south", 23.13, 113.26),
    City("Shenzhen", "south", 22.54, 114.06),
    City("Nanning", "south", 22.82, 108.32),
    City("Haikou", "south", 20.04, 110.34),
    City("Beijing", "north", 39.90, 116.40),
    City("Tianjin", "north", 39.08, 117.20),
    City("Shijiazhuang", "north", 38.04, 114.51),
    City("Harbin", "north", 45.80, 126.53),
    City("Wuhan", "centre", 30.59, 114.31),
    City("Changsha", "centre", 28.23, 112.94),
    City("Zhengzhou", "centre", 34.75, 113.63),
    City("Chengdu", "west", 30.57, 104.07),
    City("Chongqing", "west", 29.56, 106.55),
    City("Kunming", "west", 25.04, 102.71),
    City("Xi'an", "west", 34.34, 108.94),
    City("Urumqi", "west", 43.83, 87.62, "Asia/Urumqi", 360),
)
_ABROAD = (
    City("Bangkok", "thailand", 13.76, 100.50, "Asia/Bangkok", 420),
    City("Chiang Mai", "thailand", 18.79, 98.98, "Asia/Bangkok", 420),
    City("Kuala Lumpur", "malaysia", 3.14, 101.69, "Asia/Kuala_Lumpur", 480),
    City("Penang", "malaysia", 5.41, 100.33, "Asia/Kuala_Lumpur", 480),
    City("Osaka", "japan", 34.69, 135.50, "Asia/Tokyo", 540),
    City("Nagoya", "japan", 35.18, 136.91, "Asia/Tokyo", 540),
    City("Kolkata", "india", 22.57, 88.36, "Asia/Kolkata", 330),
    City("Chennai", "india", 13.08, 80.27, "Asia/Kolkata", 330),
)


def cities(region: str, rng: Random) -> tuple[City, ...]:
    """Three to five territories of the region, with all their cities."""
    pool = _CHINA + (_ABROAD if region == "asia" else ())
    names = sorted({city.territory for city in pool})
    chosen = set(rng.sample(names, min(len(names), rng.randint(3, 5))))
    return tuple(city for city in pool if city.territory in chosen)


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great circle."""
    a, b = math.radians(lat1), math.radians(lat2)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def travel_hours(km: float, road_kmh: float, air_from_km: float) -> float:
    """Door to door without waiting: roads are a third longer than the line; aircraft come with half a day on the ground."""
    road = 0.5 + 1.3 * km / road_kmh
    return min(road, 12 + km / 700) if km >= air_from_km else road
