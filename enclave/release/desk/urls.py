"""The desk's addresses."""

from django.contrib.auth import views as accounts
from django.urls import path

from enclave.release.desk import views

urlpatterns = [
    path("", views.requests, name="requests"),
    path("request/<str:request_id>", views.request_page, name="request"),
    path("request/<str:request_id>/decide", views.decide_page, name="decide"),
    path("request/<str:request_id>/hand-over", views.hand_over_page, name="hand-over"),
    path("log", views.log, name="log"),
    path("login", accounts.LoginView.as_view(template_name="login.html"), name="login"),
    path("logout", accounts.LogoutView.as_view(), name="logout"),
    path("desk.css", views.style, name="style"),
    path("favicon.ico", views.no_icon),
]
