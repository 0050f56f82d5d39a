from django.urls import path

from payments.counter_pages import choosing, home, sales, selling, tills

app_name = "counter"

urlpatterns = [
    path("", home.home, name="home"),
    path("events/<slug:slug>/", choosing.choose, name="choose"),
    path("holds/<reference:reference>/", selling.held, name="held"),
    path("holds/<reference:reference>/sell/", selling.pay, name="pay"),
    path("holds/<reference:reference>/let-go/", selling.end, name="let-go"),
    path("sales/", sales.search, name="sales"),
    path("sales/<int:pk>/", sales.sale_page, name="sale"),
    path("sales/<int:pk>/roll.pdf", sales.roll, name="roll"),
    path("sales/<int:pk>/mail/", sales.mail, name="mail"),
    path("sales/<int:pk>/void/", sales.void, name="void"),
    path("tills/", tills.begin, name="open-till"),
    path("tills/<int:pk>/", tills.till_page, name="till"),
    path("tills/<int:pk>/close/", tills.close, name="close-till"),
]
