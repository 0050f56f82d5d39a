from django.urls import path

from receipts.web import addresses, documents

app_name = "receipts"

urlpatterns = [
    path("bookings/<reference:reference>/receipt.pdf", documents.receipt, name="receipt"),
    path("bookings/<reference:reference>/receipt-address/", addresses.state, name="address"),
    path("bookings/<reference:reference>/receipts/<str:number>.pdf", documents.document, name="document"),
]
