from datetime import timedelta
from typing import Any, Self

from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Now

# One statement, so that all processes count together. A window begins with the first request in it.
COUNT = """
    INSERT INTO customers_requestcount AS known (key, began_at, number) VALUES (%(key)s, now(), 1)
    ON CONFLICT (key) DO UPDATE SET
        number = CASE WHEN known.began_at > now() - %(window)s THEN known.number + 1 ELSE 1 END,
        began_at = CASE WHEN known.began_at > now() - %(window)s THEN known.began_at ELSE now() END
    RETURNING number, began_at + %(window)s - now()
"""


class RequestCountQuerySet(models.QuerySet["RequestCount"]):
    def count_one(self, key: str, window: timedelta) -> tuple[int, timedelta]:
        """Count a request; return how many ``key`` has made in this ``window``, and when that ends."""
        with connection.cursor() as cursor:
            counted: dict[str, Any] = {"key": key, "window": window}
            cursor.execute(COUNT, counted)
            number, left = cursor.fetchone()
        return number, left

    def take_back(self, key: str) -> None:
        """Uncount a request that turned out to be none of those that are limited."""
        self.filter(key=key, number__gt=0).update(number=F("number") - 1)

    def older_than(self, age: timedelta) -> Self:
        return self.filter(began_at__lt=Now() - age)


class RequestCount(models.Model):
    """
    How many requests of one kind came from one network since ``began_at``.

    The key is a digest: no address can be read from it. The table isn't logged by PostgreSQL: after a crash
    it is empty, and counting begins anew.
    """

    key = models.CharField(max_length=48, primary_key=True)
    began_at = models.DateTimeField()
    number = models.PositiveIntegerField()

    objects = RequestCountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.key}: {self.number}"
