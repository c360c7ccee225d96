"""What the consoles (regulator, procurement) share: one layout, JSON or a page by what is asked for, links from page to page.

Pages need no script, load nothing from anywhere else, and every list on them is paged.
"""

from __future__ import annotations
